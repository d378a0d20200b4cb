import type { Snapshot } from '../hub/stats.ts';
import type { Deployment } from '../hub/sums.ts';
import type { RuntimeFigures } from './runtime.ts';

type Documented = Pick<
  Snapshot,
  'total_connections' | 'current_connections' | 'messages_sent' | 'messages_received' | 'active_users'
>;

/** The figures of the deployment. How the process fares is a matter of the node that is asked. */
export type StatsFigures = Deployment & RuntimeFigures;

/** The JSON of `/ws/stats`. */
export interface StatsBody extends StatsFigures {
  success: true;
  data: Documented;
}

/** `/ws/stats`: the figures, and the five documented figures once more as dashboards of the original server read them. */
export function statsBody(figures: StatsFigures): StatsBody {
  const { total_connections, current_connections, messages_sent, messages_received, active_users } = figures;
  const data = { total_connections, current_connections, messages_sent, messages_received, active_users };
  return { success: true, ...figures, data };
}
