// `care-kernel/toolkits/auth-permissions`: for plugins with an authentication scheme of their own.
export { credentialsOf, refusal, type Refused } from './schemes.ts'
