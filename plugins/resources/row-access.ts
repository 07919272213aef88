import type { RowAccess } from 'care-kernel/access'
import { parties } from './reads.ts'

/** Requests an actor sees (`docs/api/shifting-resources.md §9.2`). */
export const resourceAccess: RowAccess = parties.rowAccess({
  name: 'resource',
  summary: 'Requests for resources an actor sees'
})
