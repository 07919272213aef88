import { defineContract } from 'care-kernel'

export { CATEGORIES, STATUSES as RESOURCE_STATUSES, SUB_CATEGORIES } from './enumerations.ts'

/** Requests for oxygen and supplies. Emits no events (`docs/api/shifting-resources.md §9.5`). */
export const resources = defineContract({ name: 'resources', version: 1 })
