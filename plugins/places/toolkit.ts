// `care-kernel/toolkits/places`: for records that name a state, a district, a local body and a ward.
export { resolvedPlaces } from './places.ts'
