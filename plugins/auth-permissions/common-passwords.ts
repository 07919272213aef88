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
 * Passwords everybody tries first, in lower case: a selection of our own, not the original's list of 20,000
 * (contract auth-users §2.4).
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/))
