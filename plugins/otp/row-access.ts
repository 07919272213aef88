import { rowAccess } from 'care-kernel/access'
import { anyActor } from 'care-kernel/contracts/auth-permissions'

/** Patients whose records a patient's token reads (docs/api/patients.md §16); `p` is the patient. */
export const ownRecordAccess = rowAccess({
  name: 'otp.record',
  summary: "Records that a patient's token opens",
  cases: {
    own: {
      when: anyActor,
      rows: "patients with the token's phone number",
      sql: (actor, params, { phoneNumber }: { readonly phoneNumber: string }) => `p.phone_number = ${params.add(phoneNumber)}`
    }
  }
})
