// `care-kernel/toolkits/patients`: for lists of other plugins that show patients.
export { lastWriting } from './patient-resources.ts'
