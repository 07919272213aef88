/** Attributes of a user that the password must not resemble. */
export interface Person {
  readonly username: string
  readonly first_name: string
  readonly last_name: string
  readonly email: string
}

const LABELS = { username: 'username', first_name: 'first name', last_name: 'last name', email: 'email address' } as const
const MOST_ALIKE = 0.7
const SHORTEST = 8
/** Python's `\W`: letters and digits of any script belong to a word, the vowel signs of Indic scripts do not. */
const BETWEEN_WORDS = /[^\p{L}\p{N}_]+/u

/** Violations of the password policy, in the original's words (docs/api/auth-users.md §2.4); empty for an acceptable password. */
export function passwordProblems(password: string, person: Person): string[] {
  const alike = (Object.keys(LABELS) as (keyof Person)[]).find(key => resembles(password, person[key]))
  return [
    alike ? `The password is too similar to the ${LABELS[alike]}.` : '',
    [...password].length < SHORTEST ? `This password is too short. It must contain at least ${SHORTEST} characters.` : '',
    COMMON_PASSWORDS.has(password.trim().toLowerCase()) ? 'This password is too common.' : '',
    /^\p{Nd}+$/u.test(password) ? 'This password is entirely numeric.' : ''
  ].filter(Boolean)
}

/** Whether a password is at least 70 % made of the characters of an attribute or a word of it. */
function resembles(password: string, attribute: string): boolean {
  const text = [...password.toLowerCase()]
  const value = attribute.toLowerCase()
  const parts = value === '' ? [] : [...value.split(BETWEEN_WORDS), value].map(part => [...part])
  return parts.some(part => quickRatio(text, part) >= MOST_ALIKE)
}

/** Python's `SequenceMatcher.quick_ratio`: the share of characters that two texts have in common, in any order. */
function quickRatio(a: readonly string[], b: readonly string[]): number {
  const left = new Map<string, number>()
  for (const sign of b) left.set(sign, (left.get(sign) ?? 0) + 1)
  let shared = 0
  for (const sign of a) {
    const count = left.get(sign) ?? 0
    if (count > 0) shared++
    left.set(sign, count - 1)
  }
  return (2 * shared) / (a.length + b.length)
}

const WORDS = `
123456 password 12345678 qwerty 123456789 12345 1234 111111 1234567 dragon 123123 baseball abc123 football monkey letmein shadow
master 696969 mustang 666666 qwertyuiop 123321 1234567890 superman 654321 1qaz2wsx 7777777 qazwsx 000000 qwerty123 zxcvbnm
121212 trustno1 killer welcome welcome1 welcome123 password1 password12 password123 passw0rd p@ssw0rd p@ssword admin admin123
administrator root toor changeme iloveyou sunshine princess charlie michael jennifer jordan hunter buster soccer tigger batman
thomas robert hockey ranger daniel starwars computer george asshole pepper freedom maggie ginger joshua cheese amanda summer
love ashley nicole chelsea biteme matthew access yankees 987654321 dallas austin thunder taylor matrix internet samsung google
facebook india india123 bharat krishna ganesh lakshmi kerala mumbai delhi chennai cricket sachin doctor nurse hospital hospital1
medical patient health health123 default guest guest123 test test1234 testtest secret secret123 login login123 qwer1234 asdf1234
asdfghjkl asdfgh zaq12wsx zaq1zaq1 1q2w3e4r 1q2w3e4r5t q1w2e3r4 qwe123 qweasd qweasdzxc 1qazxsw2 aaaaaa aaaaaaaa 11111111
22222222 88888888 99999999 12341234 123454321 11223344 112233 abcd1234 abcdefgh abcdef abc12345 a1b2c3d4 a123456 password!
password@123 passw0rd! letmein1 letmein123 monkey123 dragon123 master123 shadow123 superman1 football1 baseball1 princess1
sunshine1 iloveyou1 whatever trustme blink182 michelle jessica liverpool arsenal manchester barcelona chocolate butterfly flower
purple orange banana cookie pokemon naruto dolphin tiger lion elephant diamond silver golden loveme lovely angel angel123
forever friends family babygirl hello hello123 helloworld welcome2 testing testing123 temp temp1234 temporary system server
oracle mysql postgres redis ubuntu 12345678910 0123456789 0987654321 9876543210 123456789a 12345678a a12345678 a123456789
123123123 123456123 123654789 147258369 159357 741852963 789456123 456789123 1029384756 10203040 11112222 12121212 13131313
55555555 66666666 77777777 00000000 1qaz2wsx3edc qazwsxedc qwertyui qwerty12 qwerty1234 qwerty12345 qwertyqwerty 1qwerty
1234qwer 123qweasd 123qwe123 q1w2e3r4t5 1q2w3e4r5t6y asdfasdf asdasdasd asdf123 zxcvbnm1 zxcvbnm123 password2 password3
password12345 password1234 1password mypassword nopassword passwort passpass adminadmin admin1234 admin12345 rootroot root1234
user1234 welcome12 letmein12 iloveyou2 iloveyou123 ilovegod jesuschrist elizabeth alexander christian christopher jonathan
benjamin patricia victoria veronica caroline stephanie corvette mercedes midnight maverick einstein scorpion startrek spiderman
ironman1 dragonball nintendo playstation cocacola swordfish sunflower strawberry snowball snoopy1 rainbow1 blahblah security
steelers redskins chicago1
`

/**
 * Common passwords in lower case: a selection of our own, not the original's list of 20,000 (docs/api/auth-users.md §2.4).
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/))
