import type { Tx } from 'care-kernel'
import { demoDistrict, demoUuid, type DemoDistrict } from 'care-kernel/toolkits/facilities'
import { PENDING } from '../enumerations.ts'
import { RESOURCES, WAR_ROOM, type DemoResource } from './data.ts'
import { ResourceRequest, ResourceRequestComment } from '../models.ts'
import type { ResourceScope } from '../manifest.ts'

/** Requests in every status between the demo facilities; none without the demo facilities. */
export async function demo(tx: Tx, { clock, repository }: ResourceScope): Promise<void> {
  const district = await demoDistrict(tx, clock)
  if (!district) return
  const made = await repository(ResourceRequest).insertMany(
    tx,
    RESOURCES.map((resource, at) => columnsOf(district, resource, at))
  )
  await repository(ResourceRequestComment).insertMany(
    tx,
    RESOURCES.flatMap(({ comments = [] }, at) =>
      comments.map(comment => {
        const date = district.daysAgo(daysOf(at) / 2)
        return {
          request_id: made[at]?.id ?? 0,
          comment,
          created_by_id: district.person('demo-dist-admin'),
          created_date: date,
          modified_date: date
        }
      })
    )
  )
}

/** Age of the nth request in days. */
const daysOf = (at: number): number => (RESOURCES.length - at) * 0.7

function columnsOf(
  district: DemoDistrict,
  { status, title, reason, from, to, category, sub = 1000, asked, given = 0, emergency }: DemoResource,
  at: number
) {
  const origin = district.facility(from)
  const admin = district.person('demo-dist-admin')
  const by = origin.staff['demo-doctor'] ?? admin
  const days = daysOf(at)
  return {
    external_id: demoUuid('4e111111', at + 1),
    created_date: district.daysAgo(days),
    modified_date: district.daysAgo(status === PENDING ? days : days / 3),
    status,
    title,
    reason,
    category,
    sub_category: sub,
    priority: emergency ? 1 : null,
    emergency: emergency ?? false,
    requested_quantity: asked,
    assigned_quantity: given,
    origin_facility_id: origin.id,
    approving_facility_id: district.facility(WAR_ROOM).id,
    assigned_facility_id: to === undefined ? null : district.facility(to).id,
    refering_facility_contact_name: 'Store keeper',
    refering_facility_contact_number: '+919000300020',
    is_assigned_to_user: status !== PENDING,
    assigned_to_id: status === PENDING ? null : admin,
    created_by_id: by,
    last_edited_by_id: status === PENDING ? by : admin
  }
}
