import { defineContract } from 'care-kernel'

/** Summaries for dashboards: capacity, patients, tests and triage of facilities and districts, a row per day. */
export const summaries = defineContract({
  name: 'summaries',
  version: 1,
  slots: {
    /** A facility's row as `f`, the day as `day` (`starts` and `ends` are instants): the `inventory` object of docs/api/gateways-jobs.md §9.2. */
    facility: { alias: 'f', fields: { inventory: "'{}'::jsonb" } },
    /** From-items: live samples with the consultation they were taken in and their result (docs/api/gateways-jobs.md §9.4). */
    joined: {
      alias: '',
      fields: { samples: '(select null::bigint as consultation_id, null::integer as result where false)' }
    }
  }
})
