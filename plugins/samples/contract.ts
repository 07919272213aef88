import { defineContract } from 'care-kernel'

export { ICMR_CATEGORIES, SAMPLE_TYPES } from './enumerations.ts'
export { RESULTS, STATUSES as SAMPLE_STATUSES } from './statuses.ts'

/** Samples taken of patients on their way to a laboratory and back, and results that laboratories report by themselves. */
export const samples = defineContract({ name: 'samples', version: 1 })
