import t from 'tap'
import { testKernel } from 'care-kernel/testing'
import plugin from '../src/plugin.js'

t.test('a unit of blood', async t => {
  const kernel = await testKernel(t, {
    plugins: ['places', 'auth-permissions', 'facilities', plugin],
    config: { plugins: { 'blood-bank': { minimumUnits: 2, warn: 'bank@example.org' } } }
  })
  const [{ id: facilityId, external_id: facility }] =
    await kernel.sql(`insert into facility_facility (external_id, created_date, modified_date, deleted, name, is_active, verified, facility_type, kasp_empanelled, address, phone_number, corona_testing,
      oxygen_capacity, type_b_cylinders, type_c_cylinders, type_d_cylinders, expected_oxygen_requirement, expected_type_b_cylinders, expected_type_c_cylinders, expected_type_d_cylinders)
    values (gen_random_uuid(), now(), now(), false, 'Taluk Hospital', true, true, 830, false, 'Main Road', '', false, 0, 0, 0, 0, 0, 0, 0, 0) returning id, external_id`)

  t.equal((await kernel.get('/api/v1/blood_unit/')).status, 403, 'nobody is logged in')
  const stranger = await kernel.as({ user_type: 15 })
  const unit = { facility, blood_group: 'O-', expires_on: '2099-01-01' }
  t.equal((await stranger.post('/api/v1/blood_unit/', unit)).status, 403, 'not a member')

  const doctor = await kernel.as({ user_type: 15 })
  await kernel.sql('insert into facility_facilityuser (facility_id, user_id, created_by_id) values ($1, $2, $2)', [
    facilityId,
    doctor.user.id
  ])
  const made = await doctor.post('/api/v1/blood_unit/', unit)
  t.equal(made.status, 201)
  t.match(made.body, { facility, blood_group: 'O-', expires_on: '2099-01-01' })
  t.match((await doctor.post('/api/v1/blood_unit/', { ...unit, blood_group: 'Z' })).body, {
    blood_group: ['"Z" is not a valid choice.']
  })

  t.match((await doctor.get('/api/v1/blood_unit/?blood_group=O-')).body, { count: 1 })
  t.match((await stranger.get('/api/v1/blood_unit/')).body, { count: 0 })
  t.equal((await stranger.get(`/api/v1/blood_unit/${made.body.id}/`)).status, 404, 'not yours and not there are the same')

  await kernel.settle()
  t.match(kernel.mail, [{ to: ['bank@example.org'], subject: 'Low stock of O-', text: 'Taluk Hospital has 1 units of O- left.' }])

  const inDays = days => new Date(kernel.clock.now().getTime() + days * 86_400_000).toISOString().slice(0, 10)
  for (const days of [1, 1, 30])
    await doctor.post('/api/v1/blood_unit/', { ...unit, expires_on: inDays(days), blood_group: 'A+' })
  kernel.broker.copies = 2
  await kernel.settle()
  t.equal(kernel.mail.length, 1, 'three units are enough')
  await kernel.clock.advance('3d')
  t.match(kernel.mail.slice(1), [{ subject: 'Low stock of A+', text: /has 1 units/ }], 'two expired at night: one warning')
})
