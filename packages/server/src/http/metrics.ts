import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** The figures of a process, for Prometheus. A room that counts something adds its metric to `registry`. */
export interface Metrics {
  registry: Registry;
  /** Note an answered request. `route` is a pattern, never a path: paths are without number. */
  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
}

/** Begin to count. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
  return {
    registry,
    observeRequest: ({ method, route, status }, seconds) =>
      requests.labels(method, route, String(status)).observe(seconds),
  };
}
