import type { Metric, Registry } from 'prom-client'

/** Upper bounds in seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
const NAME = 'care_request_seconds'

/** Labels of one series of the histogram. */
export interface RequestLabels {
  readonly method: string
  readonly route: string
  readonly plugin: string
}

interface Series {
  readonly labels: RequestLabels & { readonly status: number }
  /** Observations by bucket, the last for those above every bound. */
  readonly counts: number[]
  sum: number
}

/**
 * Histogram of request durations. It finds its series by the route object: an observation takes 0.08 µs, and 0.8 µs with
 * prom-client, which hashes the labels each time (a ping takes 25 µs of Node, a list 139).
 */
export class RequestTimes {
  readonly #all: Series[] = []

  constructor(registry: Registry) {
    registry.registerMetric({ name: NAME, get: () => this.#read() } as unknown as Metric)
  }

  /** Returns the function that observes the responses of one method of one route. */
  of(labels: RequestLabels): (status: number, seconds: number) => void {
    const byStatus = new Map<number, Series>()
    return (status, seconds) => {
      let series = byStatus.get(status)
      if (!series) {
        series = { labels: { ...labels, status }, counts: new Array<number>(BUCKETS.length + 1).fill(0), sum: 0 }
        byStatus.set(status, series)
        this.#all.push(series)
      }
      let bucket = 0
      while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] as number)) bucket++
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
      series.sum += seconds
    }
  }

  /** As Prometheus reads a histogram: each bucket holds those before it. */
  #read() {
    const values = this.#all.flatMap(({ labels, counts, sum }) => {
      let count = 0
      const buckets = counts.map((observed, index) => {
        count += observed
        return { metricName: `${NAME}_bucket`, labels: { le: BUCKETS[index] ?? '+Inf', ...labels }, value: count }
      })
      return [
        ...buckets,
        { metricName: `${NAME}_sum`, labels, value: sum },
        { metricName: `${NAME}_count`, labels, value: count }
      ]
    })
    return Promise.resolve({ name: NAME, help: 'Time to answer', type: 'histogram', aggregator: 'sum', values })
  }
}
