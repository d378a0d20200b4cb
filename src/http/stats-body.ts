import type { Figures } from './metrics.ts';

type Documented = Pick<
  Figures,
  'total_connections' | 'current_connections' | 'messages_sent' | 'messages_received' | 'active_users'
>;

/** The JSON of `/ws/stats`. */
export interface StatsBody extends Figures {
  success: true;
  data: Documented;
}

/** `/ws/stats`: the figures, and the five documented figures once more as dashboards of the original server read them. */
export function statsBody(figures: Figures): StatsBody {
  const { total_connections, current_connections, messages_sent, messages_received, active_users } = figures;
  const data = { total_connections, current_connections, messages_sent, messages_received, active_users };
  return { success: true, ...figures, data };
}
