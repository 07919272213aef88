import { messageOf, type Command } from 'care-kernel'
import { DISTRICT } from 'care-kernel/contracts/places'
import { Skill, UserFlag } from './models.ts'
import { passwordProblems, type Person } from './password-policy.ts'
import { GENDERS, USER_TYPES } from './enumerations.ts'
import type { AuthScope } from './services.ts'

const typeNumber = (label: string) =>
  Object.entries(USER_TYPES).find(([, name]) => name.toLowerCase() === label.toLowerCase())?.[0]
const genderNumber = (label: string) =>
  Object.entries(GENDERS).find(([, name]) => name.toLowerCase() === label.toLowerCase())?.[0]

/** `care-kernel user …`, `skill …`, `flag …`: the writes of the original's console and admin site (docs/api/auth-users.md §3.11). */
export const commands: Readonly<Record<string, Command<AuthScope>>> = {
  'user create': {
    summary: 'add a superuser, or with --type another user; the password comes from the terminal or standard input',
    usage: command =>
      command
        .argument('<username>')
        .option('--type <label>', `one of ${Object.values(USER_TYPES).join(', ')}`)
        .option('--email <email>', '', '')
        .option('--first-name <name>', '', '')
        .option('--last-name <name>', '', '')
        .option('--phone <number>', '', '+919696969696')
        .option('--gender <label>', Object.values(GENDERS).join(', '), 'Non-binary')
        .option('--born <date>', 'YYYY-MM-DD')
        .option('--district <id>', 'default: the first'),
    async run({ database, users, accounts }, [username = ''], options, terminal) {
      const { type, email, firstName, lastName, phone, gender, born, district } = options as Record<string, string | undefined>
      const userType = type === undefined ? 40 : Number(typeNumber(type))
      const genderValue = Number(genderNumber(gender ?? ''))
      if (!userType || !genderValue)
        return wrong(terminal, userType ? `there is no gender ${gender}` : `there is no type ${type}`)
      const name = { username, first_name: firstName ?? '', last_name: lastName ?? '', email: email ?? '' }
      const {
        rows: [place]
      } = await database.query<{ id: number }>(
        `select id from ${DISTRICT} where $1::bigint is null or id = $1 order by id limit 1`,
        [district ?? null]
      )
      if (!place && (district !== undefined || type !== undefined)) return wrong(terminal, 'there is no such district')
      if (await users.isUnavailable(database, username)) return wrong(terminal, `the user name ${username} is taken`)
      const password = await newPassword(terminal, name)
      if (password === undefined) return 1
      const hashed = await accounts.hash(password)
      const id = await database.transaction(tx =>
        users.create(tx, {
          ...name,
          user_type: userType,
          gender: genderValue,
          phone_number: phone ?? '',
          date_of_birth: born ?? null,
          district_id: place?.id ?? null,
          is_superuser: type === undefined,
          is_staff: type === undefined,
          verified: true,
          password: hashed
        })
      )
      terminal.print(`${type === undefined ? 'superuser' : USER_TYPES[userType]} ${username}, id ${id}`)
      return 0
    }
  },
  'user password': {
    summary: 'set the password of a user, from the terminal or standard input',
    usage: command => command.argument('<username>'),
    async run({ accounts, database, users }, [username = ''], options, terminal) {
      const user = await accounts.named(username)
      if (!user) return wrong(terminal, `there is no user ${username}`)
      const password = await newPassword(terminal, user)
      if (password === undefined) return 1
      await users.setPassword(database, user.id, password)
      terminal.print(`password of ${username} set`)
      return 0
    }
  },
  'user list': {
    summary: 'print users: id, name, type, whether superuser or inactive',
    usage: command => command.option('--type <label>'),
    async run({ database }, args, { type }, terminal) {
      const wanted = typeof type === 'string' ? Number(typeNumber(type) ?? 0) : null
      const { rows } = await database.query<{
        id: number
        username: string
        user_type: number
        is_superuser: boolean
        is_active: boolean
      }>(
        'select id, username, user_type, is_superuser, is_active from users_user where not deleted and ($1::integer is null or user_type = $1) order by username',
        [wanted]
      )
      for (const user of rows)
        terminal.print(
          [
            user.id,
            user.username,
            USER_TYPES[user.user_type] ?? user.user_type,
            ...(user.is_superuser ? ['superuser'] : []),
            ...(user.is_active ? [] : ['inactive'])
          ].join('  ')
        )
      return 0
    }
  },
  'skill list': {
    summary: 'print skills and how many have them',
    async run({ database }, args, options, terminal) {
      const { rows } = await database.query<{ name: string; count: number }>(
        'select k.name, (select count(*) from users_userskill us where us.skill_id = k.id and not us.deleted) as count from users_skill k where not k.deleted order by k.name'
      )
      for (const { name, count } of rows) terminal.print(`${name}  ${count}`)
      return 0
    }
  },
  'skill add': {
    summary: 'add a skill, or bring a deleted one back',
    usage: command => command.argument('<name>').argument('[description]'),
    async run({ database, repository }, [name = '', description = ''], options, terminal) {
      const skills = repository(Skill)
      await database.transaction(async tx => {
        const [added] = await skills.insertMissing(tx, [{ name, description }])
        if (!added) await skills.updateWhere(tx, { name }, { deleted: false, description })
      })
      terminal.print(name)
      return 0
    }
  },
  'flag set': {
    summary: 'set a feature flag of a user',
    usage: command => command.argument('<username>').argument('<flag>'),
    async run({ accounts, actors, database, flags, repository }, [username = '', flag = ''], options, terminal) {
      const user = await accounts.named(username)
      if (!user) return wrong(terminal, `there is no user ${username}`)
      try {
        flags.requireRegistered('USER', flag)
      } catch {
        return wrong(terminal, `no plugin knows the flag ${flag}`)
      }
      await database.transaction(async tx => {
        await repository(UserFlag).insertMissing(tx, [{ flag, user_id: user.id }])
        actors.changed(tx, [user.id])
      })
      return 0
    }
  },
  'flag unset': {
    summary: 'take a feature flag from a user',
    usage: command => command.argument('<username>').argument('<flag>'),
    async run({ accounts, actors, database, repository }, [username = '', flag = ''], options, terminal) {
      const user = await accounts.named(username)
      if (!user) return wrong(terminal, `there is no user ${username}`)
      await database.transaction(async tx => {
        await repository(UserFlag).deleteWhere(tx, { user_id: user.id, flag, deleted: false })
        actors.changed(tx, [user.id])
      })
      return 0
    }
  },
  'flag list': {
    summary: 'print the feature flags of users',
    async run({ database }, args, options, terminal) {
      const { rows } = await database.query<{ line: string }>(
        `select u.username || '  ' || g.flag as line from users_userflag g join users_user u on u.id = g.user_id where not g.deleted order by u.username, g.flag`
      )
      for (const { line } of rows) terminal.print(line)
      return 0
    }
  }
}

interface Printer {
  print(line: string): void
}

function wrong(terminal: Printer, message: string): number {
  terminal.print(message)
  return 1
}

/** A password that meets the policy; undefined when it does not, or when the terminal gives none. */
async function newPassword(
  terminal: Printer & { secret(question: string): Promise<string> },
  user: Person
): Promise<string | undefined> {
  try {
    const password = (await terminal.secret(`Password of ${user.username}: `)).trim()
    const problems = passwordProblems(password, user)
    for (const problem of problems) terminal.print(problem)
    return problems.length === 0 ? password : undefined
  } catch (error) {
    terminal.print(messageOf(error))
    return undefined
  }
}
