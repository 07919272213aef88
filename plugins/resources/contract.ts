import { defineContract } from 'care-kernel'

export { CATEGORIES, SUB_CATEGORIES } from './enumerations.ts'
export { STATUSES as RESOURCE_STATUSES } from './statuses.ts'

/** Requests for oxygen and supplies. They announce nothing (docs/api/shifting-resources.md §9.5). */
export const resources = defineContract({ name: 'resources', version: 1 })
