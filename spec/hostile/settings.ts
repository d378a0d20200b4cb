import { JWT_SETTINGS } from './villain.ts';

/** The page that may connect. */
export const ORIGIN = 'https://ambos.example';
/** Of one address. The honest, who have one as well, fit in. */
export const CONNECTIONS = 200;
export const API_KEY = 'a-key-of-a-backend-0123456789';

/** As in production, behind a proxy: everything else is the default. */
export const SETTINGS = {
  ...JWT_SETTINGS,
  LOG: 'sqlite',
  API_KEYS: API_KEY,
  CORS_ORIGINS: ORIGIN,
  TRUST_PROXY: '127.0.0.1',
  MAX_CONNECTIONS: '5000',
  MAX_CONNECTIONS_PER_IP: String(CONNECTIONS),
};
