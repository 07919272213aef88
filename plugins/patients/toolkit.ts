// `care-kernel/toolkits/patients`: for lists and documents of other plugins that show patients.
export { AGE_MONTHS, AGE_TEXT, AGE_YEARS } from './outputs.ts'
export { lastWriting } from './reads.ts'
