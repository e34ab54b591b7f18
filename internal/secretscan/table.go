package secretscan

// Parts of patterns. Occurrences end where their alphabet does.
const (
	end    = `(?:[^A-Za-z0-9_-]|$)`
	base62 = `[A-Za-z0-9]`
	word   = `[A-Za-z0-9_-]`
	digits = `[0-9a-f]`
)

// The examples are cut in two so that other scanners, which look at this file,
// leave it alone.
const (
	r16 = "q7Wm2Zx9Lk4Tb8Vn"
	r20 = r16 + "3HdP"
	r32 = r16 + "5YcR1sJf6GuE0oAi"
	h32 = "9f3c71d8" + "e4a60b52" + "7d1e8c39" + "05fab264"
)

// table holds the rules for tokens, services in alphabetical order after what
// belongs to none.
var table = []rule{
	{
		id: "private-key", about: "a private key in PEM, OpenSSH's or PGP's armor",
		keywords: []string{"-----begin"}, inside: true, gate: func(rest string) bool { return len(rest) > 0 && rest[0] == ' ' }, entropy: 2.5,
		pattern: `-----BEGIN (?:[A-Z0-9]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----`, window: 96, after: keyBody,
		match: []string{
			"-----BEGIN PRIVATE " + "KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END",
			"-----BEGIN OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n",
			`-----BEGIN RSA PRIVATE ` + `KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0A\n\nMIIEpAIBAAKCAQEA7bq3`,
			"-----BEGIN PGP PRIVATE " + "KEY BLOCK-----\nVersion: 2\n\nlQOYBF2mXq0BCADGh4pX\n",
		},
		miss: []string{
			"-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOC", "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIE",
			"paste what begins with -----BEGIN PRIVATE " + "KEY----- here",
		},
	},
	{
		id: "putty-private-key", about: "a private key of PuTTY", keywords: []string{"putty-user-key-file-"},
		least: 1, pattern: `PuTTY-User-Key-File-[23]: [a-z0-9-]+`,
		match: []string{"PuTTY-User-Key-File-" + "3: ssh-ed25519\nEncryption: none"},
		miss:  []string{"a PuTTY-User-Key-File-N header"},
	},
	{
		id: "age-secret-key", about: "an identity of age", keywords: []string{"age-secret-key-1"},
		least: 58, pattern: `AGE-SECRET-KEY-1([02-9AC-HJ-NP-Z]{58})` + end,
		match: []string{"AGE-SECRET-KEY-1" + "QYQSZQGPQYQSZQGPQYQSZQGP5YQSZQGPQYQSZQGPQYQSZQGPQYQSZQGPQY"},
		miss:  []string{"age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq", "AGE-SECRET-KEY-1…"},
	},
	{
		id: "json-web-token", about: "a JSON web token", keywords: []string{"eyj"}, gate: isWebToken, window: window, entropy: 3,
		pattern: `(eyJ` + word + `{10,}\.eyJ` + word + `{10,}\.` + word + `{10,})`,
		match:   []string{"eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." + r32},
		miss:    []string{"eyJhbGciOiJIUzI1NiJ9", "eyJwYWdlIjoxfQ.page", "key.eyJ"},
	},
	{
		id: "url-password", about: "a URL with a password in front of the host", keywords: []string{"://"}, inside: true, gate: hasUserinfo, window: 600, check: isPassword,
		pattern: `://[^\s/?#:@"'<>]*:([^\s/?#@"'<>]{1,256})@[A-Za-z0-9\[]`,
		match:   []string{"postgres" + "://oa:S3cr-t!x@db.example/sales", "https" + "://:k9f2Lm0q@example.org"},
		miss: []string{
			"postgres://oa@db.example/sales", "https://example.org:8080/a@b", "postgres://oa:${PW}@db", "postgres://user:password@host/db",
			"postgres://oa:***@db", "postgresql://user:XXXXXXXXXX@host", "a://b:{{ pw }}@c", "see http://x:y for this@example.org",
		},
	},
	{
		id: "basic-auth", about: "an HTTP header with name and password", keywords: []string{"basic"}, gate: isSpace, window: 300, check: isBasic,
		pattern: `(?i:basic)\s+([A-Za-z0-9+/]{8,256}={0,2})(?:[^A-Za-z0-9+/=]|$)`,
		match:   []string{"Authorization: Basic " + "b2E6czNjcjN0LXBhc3M="},
		miss:    []string{"basic dimensions of a report", "Basic authentication", "Basic b2E="},
	},
	{
		id: "bearer-token", about: "an HTTP header with a token", keywords: []string{"bearer"}, gate: isSpace, window: 300, entropy: 3, check: hasDigit,
		pattern: `(?i:bearer)\s+([A-Za-z0-9._~+/-]{20,200}=*)`,
		match:   []string{"Authorization: Bearer " + r32, "bearer " + r16 + "." + r16},
		miss:    []string{"bearer of bad news", "Bearer {{ token }}", "bearer authentication-is-required-here"},
	},
	{
		id: "assigned-credential", about: "a credential that is assigned inside a text, as in password=…", inside: true, gate: isAssignment, check: isAssigned,
		keywords: []string{"password", "passwd", "pwd", "secret", "token", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key", "accountkey", "account_key"},
		pattern:  `(?i:password|passwd|pwd|secret|token|apikey|api[_-]key|access_?-?key|account_?key)(?i:[_-]?access[_-]?key|[_-]?key)?`, window: 48, after: assignedValue,
		match: []string{
			"host=db user=oa password=" + "S3cr-t!x99", `aws_secret_access_key = "` + r20 + r20 + `"`, "?api_key=" + r16,
			"Server=x;Pwd=" + "Zq9!kd8Lw;", "GET /x?access_token=" + r32,
		},
		miss: []string{
			"password=${DB_PASSWORD}", "token: customers.token_id", "password: see the vault", "secret_slot: warehouse-key-2024", "token=changeme1",
			"password=2fa-is-required", "WHERE token = sessions.token_2024", "password = user.password_hash", "token: 2a5e562b-ab37-4b9b-9de3-1be4335c8e83",
			"token = concat(a.b, 'x1y2')", "password: ********", "count of tokens = 1234567890123", "secret_slot: q7Wm2Zx9Lk4Tb8Vn",
		},
	},
	{
		id: "atlassian-token", about: "an API token of Atlassian", keywords: []string{"atatt3"},
		least: 40, pattern: `ATATT3(` + word + `{40,300})`, match: []string{"ATATT3" + r32 + r32}, miss: []string{"ATATT3"},
	},
	{
		id: "aws-access-key", about: "an access key id of AWS, which seldom stands alone", keywords: []string{"akia", "asia", "abia", "acca"}, entropy: 2.5, check: notExample,
		least: 16, pattern: `((?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16})` + end, match: []string{"AKIA" + "Q7WM2ZX4LK5TB6VN"},
		miss: []string{"AKIAIOSFODNN7EXAMPLE", "ASIA", "akiaq7wm2zx4lk5tb6vn", "ASIAPACIFICREGIONSALES", "ASIAN"},
	},
	{
		id: "azure-account-key", about: "a key of an Azure storage account, service bus or Cosmos DB", keywords: []string{"accountkey=", "sharedaccesskey="}, inside: true, entropy: 3.5,
		least: 43, pattern: `(?i:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{42,88}={1,2})`,
		match: []string{"AccountName=oa;AccountKey=" + r32 + r32 + r20 + "ab==", "SharedAccessKey=" + r32 + "q7Wm2Zx9Lk8=;Entity"},
		miss:  []string{"AccountKey=…", "SharedAccessKeyName=RootManage"},
	},
	{
		id: "azure-client-secret", about: "a client secret of Microsoft Entra", keywords: []string{"q~"}, back: []int{4}, entropy: 3,
		least: 31, pattern: `([A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34})(?:[^A-Za-z0-9_~.-]|$)`, match: []string{"Kd78" + "Q~" + r32}, miss: []string{"FAQ~", "abc8Q~short"},
	},
	{
		id: "azure-sas", about: "a shared access signature of Azure", keywords: []string{"sig="}, needs: "se=", entropy: 3.5,
		least: 43, pattern: `sig=([A-Za-z0-9%+/]{43,120}(?:=|%3[dD])?)`,
		match: []string{"https://oa.example/c?sv=2024-11-04&se=2027-01-01&sr=c&sp=r&sig=" + "q7Wm2Zx9Lk4Tb8Vn5YcR1sJf6GuE0oAi%2Fq7Wm2Zx9Lk%3D"},
		miss:  []string{"?se=1&sig=ok", "sig=" + r32 + r16},
	},
	{
		id: "databricks-token", about: "a personal access token of Databricks", keywords: []string{"dapi"},
		least: 32, pattern: `dapi(` + digits + `{32})(?:-[0-9])?` + end, match: []string{"dapi" + h32}, miss: []string{"dapi", "dapi" + h32 + "ff"},
	},
	{
		id: "digitalocean-token", about: "a token of DigitalOcean", keywords: []string{"dop_v1_", "doo_v1_", "dor_v1_"},
		least: 64, pattern: `do[por]_v1_(` + digits + `{64})` + end, match: []string{"dop_v1_" + h32 + h32}, miss: []string{"dop_v1_" + h32},
	},
	{
		id: "discord-webhook", about: "the address of a webhook of Discord", keywords: []string{"/api/webhooks/"}, inside: true, entropy: 3,
		least: 60, pattern: `/api/webhooks/[0-9]{15,22}/(` + word + `{50,90})` + end, match: []string{"https://discord.example/api/webhooks/112233445566778899/" + r32 + r32 + "abcd"}, miss: []string{"/api/webhooks/42/list"},
	},
	{
		id: "docker-token", about: "an access token of Docker Hub", keywords: []string{"dckr_pat_", "dckr_oat_"},
		least: 27, pattern: `dckr_[po]at_(` + word + `{27,32})` + end, match: []string{"dckr_pat_" + r20 + "abCD123"}, miss: []string{"dckr_pat_x"},
	},
	{
		id: "gcp-api-key", about: "an API key of Google", keywords: []string{"aiza"}, entropy: 3,
		least: 35, pattern: `AIza(` + word + `{35})` + end, match: []string{"AIza" + r32 + "xY7"}, miss: []string{"AIza" + r16, "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"},
	},
	{
		id: "gcp-client-secret", about: "an OAuth client secret of Google", keywords: []string{"gocspx-"},
		least: 28, pattern: `GOCSPX-(` + word + `{28})` + end, match: []string{"GOCSPX-" + r20 + "abCD1234"}, miss: []string{"GOCSPX-"},
	},
	{
		id: "gcp-access-token", about: "an OAuth access token of Google", keywords: []string{"ya29."}, entropy: 3,
		least: 30, pattern: `ya29\.([A-Za-z0-9._-]{30,200})`, match: []string{"ya29." + r32}, miss: []string{"ya29.short"},
	},
	{
		id: "google-chat-webhook", about: "the address of a webhook of Google Chat", keywords: []string{"chat.googleapis.com/v1/spaces/"}, inside: true, entropy: 3,
		least: 40, pattern: `chat\.googleapis\.com/v1/spaces/` + word + `+/messages\?key=` + word + `+&(?:amp;)?token=([A-Za-z0-9_%-]{30,100})`,
		match: []string{"https://chat.googleapis.com/v1/spaces/AAAA/messages?key=" + "k&token=" + r32}, miss: []string{"https://chat.googleapis.com/v1/spaces/AAAA/messages"},
	},
	{
		id: "github-token", about: "a token of GitHub", keywords: []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, entropy: 3,
		least: 36, pattern: `gh[pousr]_(` + base62 + `{36,255})` + end, match: []string{"ghp_" + r32 + "Qw3r", "x=ghs_" + r32 + "Qw3r;"},
		miss: []string{"ghp_" + r32, "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "weighs_a_lot"},
	},
	{
		id: "github-pat", about: "a fine-grained token of GitHub", keywords: []string{"github_pat_"}, entropy: 3,
		least: 82, pattern: `github_pat_([A-Za-z0-9_]{82})` + end, match: []string{"github_pat_" + r20 + "ab_" + r32 + r20 + "abcdefg"}, miss: []string{"github_pat_x"},
	},
	{
		id: "gitlab-token", about: "a token of GitLab", keywords: []string{"glpat-", "gldt-", "glrt-", "glptt-", "glsoat-", "glcbt-", "glimt-", "glagent-", "gloas-", "glft-"}, entropy: 3,
		least: 20, pattern: `gl(?:pat|dt|rt|ptt|soat|cbt|imt|agent|oas|ft)-([A-Za-z0-9_.-]{20,110})`, match: []string{"glpat-" + r20, "glrt-" + r20 + ".01." + r16}, miss: []string{"glpat-", "glpat-xxxxxxxxxxxxxxxxxxxx"},
	},
	{
		id: "grafana-token", about: "a token of Grafana", keywords: []string{"glsa_", "glc_"}, entropy: 3,
		least: 32, pattern: `(?:glsa|glc)_([A-Za-z0-9+/_]{32,400}={0,2})`, match: []string{"glsa_" + r32 + "_0a1b2c3d"}, miss: []string{"glc_2018"},
	},
	{
		id: "hugging-face-token", about: "a token of Hugging Face", keywords: []string{"hf_"}, entropy: 3,
		least: 34, pattern: `hf_([A-Za-z0-9]{34,40})` + end, match: []string{"hf_" + r32 + "Ab"}, miss: []string{"hf_revenue"},
	},
	{
		id: "llm-api-key", about: "an API key of OpenAI, Anthropic or a service in their style", keywords: []string{"sk-"}, entropy: 3.5, check: hasDigit,
		least: 32, pattern: `sk-((?:proj-|svcacct-|admin-|ant-[a-z]+[0-9]{2}-|or-v1-)?` + word + `{32,250})`, match: []string{"sk-proj-" + r32 + r20, "sk-" + r32 + r16, "sk-ant-api03-" + r32 + r32},
		miss: []string{"sk-slovakia-and-other-countries-in-the-region", "task-" + r32, "sk-SK"},
	},
	{
		id: "mailchimp-key", about: "an API key of Mailchimp", keywords: []string{"-us"}, back: []int{32},
		least: 1, pattern: `(` + digits + `{32})-us[0-9]{1,2}` + end, match: []string{h32 + "-us" + "12"}, miss: []string{"region-us1", h32 + "-us-east"},
	},
	{
		id: "mailgun-key", about: "an API key of Mailgun", keywords: []string{"key-"},
		least: 32, pattern: `key-(` + digits + `{32})` + end, match: []string{"key-" + h32}, miss: []string{"key-account-managers", "primary key-12"},
	},
	{
		id: "newrelic-key", about: "a user key of New Relic", keywords: []string{"nrak-"},
		least: 27, pattern: `NRAK-([A-Z0-9]{27})` + end, match: []string{"NRAK-" + "Q7WM2ZX9LK4TB8VN3HDP5YCR1SJ"}, miss: []string{"NRAK-1"},
	},
	{
		id: "npm-token", about: "a token of npm", keywords: []string{"npm_"}, entropy: 3,
		least: 36, pattern: `npm_(` + base62 + `{36})` + end, match: []string{"npm_" + r32 + "Qw3r"}, miss: []string{"npm_config_registry"},
	},
	{
		id: "postman-key", about: "an API key of Postman", keywords: []string{"pmak-"},
		least: 59, pattern: `PMAK-(` + digits + `{24}-` + digits + `{34})` + end, match: []string{"PMAK-" + "9f3c71d8e4a60b527d1e8c39-" + h32 + "ab"}, miss: []string{"PMAK-12"},
	},
	{
		id: "pypi-token", about: "a token of PyPI", keywords: []string{"pypi-ageichlwas5vcmc"}, entropy: 3,
		least: 50, pattern: `pypi-AgEIcHlwaS5vcmc(` + word + `{50,200})`, match: []string{"pypi-AgEIcHlwaS5vcmc" + r32 + r32}, miss: []string{"pypi-agenda"},
	},
	{
		id: "sendgrid-key", about: "an API key of SendGrid", keywords: []string{"sg."}, entropy: 3,
		least: 66, pattern: `SG\.(` + word + `{22}\.` + word + `{43})` + end, match: []string{"SG." + r20 + "aB." + r32 + "abCDe12345f"}, miss: []string{"msg.id", "SG.sales"},
	},
	{
		id: "shopify-token", about: "a token of Shopify", keywords: []string{"shpat_", "shpca_", "shppa_", "shpss_"},
		least: 32, pattern: `shp(?:at|ca|pa|ss)_([0-9a-fA-F]{32})` + end, match: []string{"shpat_" + h32}, miss: []string{"shpat_x"},
	},
	{
		id: "slack-token", about: "a token of Slack", keywords: []string{"xoxb-", "xoxa-", "xoxp-", "xoxr-", "xoxs-", "xoxe-", "xoxe.", "xoxc-", "xoxd-", "xapp-"}, entropy: 3,
		least: 20, pattern: `(?:xox[abprscde][-.]|xapp-)([A-Za-z0-9-]{20,400})`, match: []string{"xoxb-" + "112233445566-778899001122-" + r20}, miss: []string{"xoxb-your-token-here", "xoxp-"},
	},
	{
		id: "slack-webhook", about: "the address of a webhook of Slack", keywords: []string{"hooks.slack.com/", "hooks.slack-gov.com/"}, entropy: 3, inside: true,
		least: 28, pattern: `hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{20,120})`, match: []string{"https://hooks.slack.com/services/" + "T0Q7WM2ZX/B0LK4TB8V/" + r20}, miss: []string{"https://hooks.slack.com/services/…", "https://hooks.slack.com/services/TXXXXXXXX/BXXXXXXXX/XXXXXXXXXXXXXXXXXXXXXXXX"},
	},
	{
		id: "stripe-key", about: "a secret key of Stripe", keywords: []string{"sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"}, entropy: 3,
		least: 16, pattern: `(?:[sr]k_(?:live|test)_|whsec_)([A-Za-z0-9+/=]{16,250})`, match: []string{"sk_live_" + r20, "whsec_" + r32}, miss: []string{"pk_live_" + r20, "sk_test_data"},
	},
	{
		id: "teams-webhook", about: "the address of a webhook of Microsoft Teams", keywords: []string{".webhook.office.com/webhookb2/", "outlook.office.com/webhook/"}, inside: true,
		least: 60, pattern: `(?:\.webhook\.office\.com/webhookb2|outlook\.office\.com/webhook)/[0-9a-f@-]{36,80}/IncomingWebhook/(` + digits + `{32})`,
		match: []string{"https://oa.webhook.office.com/webhookb2/" + "2a5e562b-ab37-4b9b-9de3-1be4335c8e83@2a5e562b-ab37-4b9b-9de3-1be4335c8e83/IncomingWebhook/" + h32 + "/x"},
		miss:  []string{"https://oa.webhook.office.com/webhookb2/"},
	},
	{
		id: "telegram-token", about: "the token of a bot of Telegram", keywords: []string{":aa"}, back: []int{8, 9, 10}, entropy: 3,
		least: 33, pattern: `[0-9]{8,10}:(AA` + word + `{33})` + end, match: []string{"123456789" + ":AA" + r32 + "x"}, miss: []string{"12345678:AA", "10:30:AAb"},
	},
	{
		id: "twilio-key", about: "an API key of Twilio", keywords: []string{"sk"}, entropy: 2.5,
		least: 32, pattern: `SK(` + digits + `{32})` + end, match: []string{"SK" + h32}, miss: []string{"SK", "task", "SKU" + h32, "sk" + h32},
	},
	{
		id: "vault-token", about: "a token of HashiCorp Vault or Terraform", keywords: []string{"hvs.", "hvb.", ".atlasv1."}, inside: true, entropy: 3,
		least: 60, pattern: `(?:hv[sb]\.|\.atlasv1\.)(` + word + `{60,300})`, match: []string{"hvs." + r32 + r32 + r32}, miss: []string{"hvs.x"},
	},
	{
		id: "zapier-webhook", about: "the address of a webhook of Zapier", keywords: []string{"hooks.zapier.com/hooks/catch/"}, inside: true,
		least: 8, pattern: `hooks\.zapier\.com/hooks/catch/[0-9]{3,12}/([a-z0-9]{6,12})`, match: []string{"https://hooks.zapier.com/hooks/catch/1234567/" + "b8k2xq9"}, miss: []string{"https://hooks.zapier.com/hooks/catch/"},
	},
}
