import { defineContract } from 'care-kernel'

export { ICMR_CATEGORIES, SAMPLE_TYPES } from './enumerations.ts'
export { RESULTS, STATUSES as SAMPLE_STATUSES } from './statuses.ts'

/** Samples of patients that are sent to laboratories, and external results that laboratories upload. */
export const samples = defineContract({ name: 'samples', version: 1 })
