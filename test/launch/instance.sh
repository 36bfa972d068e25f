#!/bin/sh
# A whole instance with openreplica alone: KEY, PORT, DNS_PORT and USER_NAME come from the test, whose sshd this is.
set -eu
a=127.0.0.1:$PORT b=127.0.0.2:$PORT c=127.0.0.3:$PORT

openreplica addusername "$USER_NAME"
openreplica addsshkey "$KEY"
for host in "$a" "$b" "$c"; do openreplica addnode --accept-new "$host"; done
openreplica setup "$a" "$b" "$c"

ready() { sed -n 's/^READY [a-z]* \([^ ]*\) .*/\1/p'; }
first=$(openreplica replica -o ./counter.ts | ready)
second=$(openreplica replica -o ./counter.ts -b "$first" | ready)
third=$(openreplica replica -o ./counter.ts -b "$first" | ready)
voter=$(openreplica acceptor -b "$second" | ready)
names=$(openreplica nameserver -n counter.test --dns-port "$DNS_PORT" -b "$first" | ready)
echo "MEMBERS $first,$second,$third,$voter,$names"

concoord call -b "$first,$second,$third" increment
echo "VALUE $(concoord call -b "$third" getvalue)"
concoord find --doh "http://$names/dns-query" counter.test
openreplica status
concoord upgrade -b "$first" -o ./better/counter.ts
concoord call -b "$second" add 40
echo "UPGRADED $(concoord call -b "$third" getvalue)"

openreplica stop --all
openreplica start --all
echo "KEPT $(concoord call -b "$third" getvalue)"
openreplica stop --all
openreplica status
echo DONE
