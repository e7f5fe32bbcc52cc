import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** The figures of a process, for Prometheus. A room that counts something adds its metric to `registry`. */
export interface Metrics {
  registry: Registry;
  /** Note an answered request. `route` is a pattern, never a path: paths are without number. */
  observeRequest(labels: { method: string; route: string; status: number }, seconds: number): void;
  /** Note a request answered from memory, with a body or as not modified. Costs next to nothing. */
  countHot(method: 'GET' | 'HEAD', notModified: boolean): void;
  /** Note that files of an index were made anew. */
  onRegenerated(kind: string, files: number): void;
}

/** Begin to count. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the last byte of its answer; without those answered from memory.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  });
  const regenerations = new Counter({
    name: 'sluice_regenerations_total',
    help: 'Files of indexes made anew: shards, shard indexes, documents. Requests make none.',
    labelNames: ['kind'],
    registers: [registry],
  });
  return {
    registry,
    observeRequest: ({ method, route, status }, seconds) =>
      requests.labels(method, route, String(status)).observe(seconds),
    countHot: hotCounter(registry),
    onRegenerated: (kind, files) => regenerations.inc({ kind }, files),
  };
}

/** Counts in plain numbers, which the metric takes over when somebody reads it. */
function hotCounter(registry: Registry): Metrics['countHot'] {
  const counts = { GET: { 200: 0, 304: 0 }, HEAD: { 200: 0, 304: 0 } };
  new Counter({
    name: 'sluice_http_hot_answers_total',
    help: 'Requests of package clients answered from memory.',
    labelNames: ['method', 'status'],
    registers: [registry],
    collect() {
      for (const method of ['GET', 'HEAD'] as const) {
        for (const status of [200, 304] as const) {
          this.inc({ method, status }, counts[method][status]);
          counts[method][status] = 0;
        }
      }
    },
  });
  return (method, notModified) => {
    counts[method][notModified ? 304 : 200] += 1;
  };
}
