// `care-kernel/toolkits/facilities`: requests between facilities, which shifting and resources have in common, and the demo district.
export { demoDistrict, demoUuid, type DemoDistrict, type DemoPlace } from './demo/district.ts'
export { commentItem, commentModel, commentRoutes, commentShape, type CommentsOn } from './request-comments.ts'
export {
  actsFor,
  lacks,
  requestDates,
  requestFilters,
  requestInputs,
  requestOutputs,
  requestParties,
  type FacilitiesOfRequest,
  type RequestParties
} from './requests.ts'
