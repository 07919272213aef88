import { defineContract } from 'care-kernel'

/** Patients log in by a code sent to their phone, and read their own records. */
export const otp = defineContract({ name: 'otp', version: 1 })
