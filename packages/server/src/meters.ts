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
      const { rss } = process.memoryUsage()
      const { user, system } = process.cpuUsage()
      return [
        ...lines,
        ...gauge('process_resident_memory_bytes', 'Memory of this process.', [{ value: rss }]),
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
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...values.map(({ labels, value }) => `${name}${labels === undefined ? '' : `{${labelsOf(labels)}}`} ${value}`),
  ]
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

const labelsOf = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (found) => escapes[found] ?? found)}"`)
    .join(',')
