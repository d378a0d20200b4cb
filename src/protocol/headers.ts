// Pages load nothing from elsewhere and run no inline script, so content that slips through as markup does nothing.
const CSP = [
  "default-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
];

/** What no page of ours asks for. */
const NEVER_ASKED = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb'];

/** What every answer over HTTP carries, whatever it is. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CSP.join('; '),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': NEVER_ASKED.map((feature) => `${feature}=()`).join(', '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Pages of everywhere load Socket.IO's client from its server, and old ones poll by scripts. */
export const SHARED_HEADERS: Readonly<Record<string, string>> = {
  ...SECURITY_HEADERS,
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

/** Half a year, for this host alone: others of its domain may have no TLS. */
export const HSTS = ['Strict-Transport-Security', 'max-age=15552000'] as const;
