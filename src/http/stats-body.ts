import type { Snapshot } from '../hub/stats.ts';

type Documented = Pick<
  Snapshot,
  'total_connections' | 'current_connections' | 'messages_sent' | 'messages_received' | 'active_users'
>;

/** The JSON of `/ws/stats`. */
export interface StatsBody extends Snapshot {
  success: true;
  data: Documented;
}

/** `/ws/stats`: the snapshot, and the five documented figures once more as dashboards of the original server read them. */
export function statsBody(snapshot: Snapshot): StatsBody {
  const { total_connections, current_connections, messages_sent, messages_received, active_users } = snapshot;
  const data = { total_connections, current_connections, messages_sent, messages_received, active_users };
  return { success: true, ...snapshot, data };
}
