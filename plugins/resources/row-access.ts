import type { RowAccess } from 'care-kernel/access'
import { between } from './resource-requests.ts'

/** Requests an actor sees (contract shifting §9.2). */
export const resourceAccess: RowAccess = between.rowAccess({
  name: 'resource',
  summary: 'Requests for resources an actor sees'
})
