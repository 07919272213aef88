import type { RowAccess } from 'care-kernel/access'
import { parties } from './resource-requests.ts'

/** Requests an actor sees (contract shifting §9.2). */
export const resourceAccess: RowAccess = parties.rowAccess({
  name: 'resource',
  summary: 'Requests for resources an actor sees'
})
