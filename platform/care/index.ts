// `care-kernel/care`: what only compatibility with the original needs.
export { phoneField, type PhoneType } from './phone.ts'
