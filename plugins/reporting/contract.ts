import { defineContract } from 'care-kernel'

/** Masked views of everything, for those who count and compare. */
export const reporting = defineContract({ name: 'reporting', version: 1 })
