import type { PluginScope } from 'care-kernel'
import type { authPermissions } from 'care-kernel/contracts/auth-permissions'
import type { patients } from 'care-kernel/contracts/patients'
import type { Codes } from './codes.ts'
import type { otp } from './contract.ts'
import type { PatientTokens } from './patient-tokens.ts'
import type { sendCode } from './send-code.ts'
import type { Settings } from './settings.ts'

/** What the plugin declared, with its own services. */
export type OtpScope = PluginScope<
  typeof otp,
  'database' | 'sms',
  readonly [typeof authPermissions, typeof patients],
  readonly [],
  typeof Settings,
  { readonly 'send-code': typeof sendCode.payload }
> & { readonly codes: Codes; readonly patientTokens: PatientTokens }
