/** The limits of names: DNS, DNS over HTTPS, Route 53. */

/** Bytes of one label of a DNS name (RFC 1035 2.3.4). */
export const dnsLabelBytesMax = 63;
/** Bytes of a DNS name in its wire form, with the root's (RFC 1035 2.3.4). */
export const dnsNameBytesMax = 255;
/** Bytes of one character-string of a TXT or HINFO record (RFC 1035 3.3). */
export const dnsStringBytesMax = 255;
/** Bytes of a DNS message: its length has two bytes over TCP. */
export const dnsPacketBytesMax = 65_535;
/** Labels, ends of names, pointers, strings, options and parameters that the decoder of one DNS message looks at. */
export const dnsStepsMax = 512;
/** Characters of a domain: the wire form of `_concoord._tcp.<domain>` has at most 255 bytes. */
export const domainCharsMax = 238;
/** Nodes, and addresses, that a client takes from one look-up of a domain. */
export const domainTargetsMax = 128;
/** How long a client waits for a DNS server to answer one question, in ms. */
export const lookUpMillisMax = 5_000;
/** How long a client takes an answer over HTTPS for true, whatever the server says, in ms. */
export const domainFreshMillisMax = 300_000;
/** Records of one change batch of Route 53; those of an UPSERT count twice. */
export const route53RecordsMax = 1_000;
/** Characters of the values of one change batch of Route 53; those of an UPSERT count twice. */
export const route53ValueCharsMax = 32_000;
/** Pages of record sets that a nameserver reads to learn what Route 53 holds of its domain. */
export const route53PagesMax = 100;
/** Bytes of one answer of Route 53. */
export const route53AnswerBytesMax = 4 * 1024 * 1024;
/** Milliseconds until Route 53 must have answered. */
export const route53CallMillisMax = 30_000;
/** Milliseconds until Route 53 is called again after a failure. */
export const route53WaitMillisMax = 60_000;
/** Bytes of an answer by UDP that no network has to cut in pieces. */
export const dnsUdpBytesMax = 1_232;
/** Bytes of an answer by UDP to who does not say that it takes more (RFC 1035 2.3.4). */
export const dnsPlainUdpBytesMax = 512;
/** Bytes of a query over HTTPS. */
export const dohQueryBytesMax = 4_096;
/** Characters of the query string of a GET over HTTPS. */
export const dohQueryCharsMax = 8_192;
/** Networks of which a nameserver counts the answers; the oldest are forgotten first. */
export const rateLimitNetworksMax = 50_000;
/** Bytes of a query over TCP. */
export const dnsTcpQueryBytesMax = 4_096;
/** Connections of DNS over TCP to one nameserver; the one that was quiet the longest makes room. */
export const dnsTcpConnectionsMax = 1_000;
/** Connections of DNS over TCP from one address. */
export const dnsTcpPerAddressMax = 50;
/** Milliseconds in which such a connection must bring a query, or take what waits for it. */
export const dnsTcpQuietMillisMax = 10_000;
/** Bytes of answers made at once for one connection of DNS over TCP; it is not read from before they went. */
export const dnsTcpWaitingBytesMax = 256 * 1024;
/** Subdomains of which a master holds the records. */
export const subdomainsMax = 2_000;
/** Bytes of the records of one of them. */
export const subdomainBytesMax = 128 * 1024;
/** How long a subdomain that nobody pushes is answered for, in ms of log time. */
export const subdomainSilentMillisMax = 3_600_000;
/** How long a slave waits until it tries again to push what its master refused, or did not get, in ms. */
export const slaveWaitMillisMax = 30_000;
/** Answers by UDP that a nameserver keeps for the next query of the same bytes; all are forgotten when it is full. */
export const dnsAnswersKeptMax = 4_096;
/** Bytes of a query whose answer is kept. */
export const dnsKeptQueryBytesMax = 128;
/** Seconds for which others may remember a record: over a week none of ours is worth anything. */
export const dnsTtlMax = 604_800;
/** Answers by UDP to one network in a second that `--rrl` may allow. */
export const rateLimitMax = 1_000_000;
