import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Counts what this process does, for {@link Meters.text}. */
export interface Meters {
  request(labels: { readonly method: string; readonly route: string; readonly status: number }, seconds: number): void
  /** In the text format of Prometheus, 0.0.4. */
  text(): string
}

const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Series {
  readonly labels: string
  readonly buckets: number[]
  count: number
  sum: number
}

export function createMeters(): Meters {
  const requests = new Map<string, Series>()
  const delays = monitorEventLoopDelay({ resolution: 20 })
  delays.enable()
  const began = performance.timeOrigin / 1000
  return {
    request({ method, route, status }, seconds) {
      const labels = labelsOf({ method, route, status: String(status) })
      const series = requests.get(labels) ?? { labels, buckets: bounds.map(() => 0), count: 0, sum: 0 }
      requests.set(labels, series)
      for (const [at, bound] of bounds.entries())
        if (seconds <= bound) series.buckets[at] = (series.buckets[at] ?? 0) + 1
      series.count += 1
      series.sum += seconds
    },
    text() {
      const name = 'plumbline_http_request_seconds'
      const lines = [`# HELP ${name} How long requests took.`, `# TYPE ${name} histogram`]
      for (const { labels, buckets, count, sum } of requests.values()) {
        for (const [at, bound] of bounds.entries()) lines.push(`${name}_bucket{${labels},le="${bound}"} ${buckets[at]}`)
        lines.push(`${name}_bucket{${labels},le="+Inf"} ${count}`)
        lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${count}`)
      }
      const { rss, heapUsed } = process.memoryUsage()
      const late = delays.count === 0 ? 0 : delays.percentile(99) / 1e9
      delays.reset()
      const { user, system } = process.cpuUsage()
      return [
        ...lines,
        ...gauge('process_resident_memory_bytes', 'Memory of this process.', [{ value: rss }]),
        ...gauge('nodejs_heap_used_bytes', 'Memory of objects of this process.', [{ value: heapUsed }]),
        ...gauge(
          'nodejs_eventloop_delay_seconds',
          'How late timers of this process are since the last time this was asked: 99 of 100 are less.',
          [{ value: late }],
        ),
        ...gauge('process_start_time_seconds', 'When this process began, in seconds of the epoch.', [{ value: began }]),
        ...gauge(
          'process_cpu_seconds_total',
          'CPU time of this process.',
          [{ value: (user + system) / 1e6 }],
          'counter',
        ),
        '',
      ].join('\n')
    },
  }
}

/** One metric with its help and its values. */
export function gauge(
  name: string,
  help: string,
  values: readonly { readonly labels?: Readonly<Record<string, string>>; readonly value: number }[],
  type: 'counter' | 'gauge' = 'gauge',
): string[] {
  return [
    `# HELP ${name} ${help.replace(/[\\\n]/g, (found) => escapes[found] ?? found)}`,
    `# TYPE ${name} ${type}`,
    ...values.map(({ labels, value }) => `${name}${labels === undefined ? '' : `{${labelsOf(labels)}}`} ${value}`),
  ]
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

const labelsOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (found) => escapes[found] ?? found)}"`)
    .join(',')
