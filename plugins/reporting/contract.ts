import { defineContract } from 'care-kernel'

/** Masked views of every table, for reports. */
export const reporting = defineContract({ name: 'reporting', version: 1 })
