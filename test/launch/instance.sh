#!/bin/sh
# A whole instance with openreplica alone: KEY, PORT, DNS_PORT and USER_NAME come from the test, whose sshd this is.
set -eu
a=127.0.0.1:$PORT b=127.0.0.2:$PORT c=127.0.0.3:$PORT

openreplica addusername "$USER_NAME"
openreplica addsshkey "$KEY"
openreplica addnode --accept-new "$a" --groups pdu1,rack1
openreplica addnode --accept-new "$b" --groups pdu1,rack2
openreplica addnode --accept-new "$c" --groups pdu2,rack3
openreplica setup "$a" "$b" "$c"
openreplica place -r 3

ready() { sed -n 's/^READY [a-z]* \([^ ]*\) .*/\1/p'; }
first=$(openreplica replica -o ./counter.ts | ready)
second=$(openreplica replica -o ./counter.ts -b "$first" | ready)
third=$(openreplica replica -o ./counter.ts -b "$first" | ready)
voter=$(openreplica acceptor -b "$second" | ready)
names=$(openreplica nameserver -n counter.test --dns-port "$DNS_PORT" -b "$first" | ready)
echo "MEMBERS $first,$second,$third,$voter,$names"

openreplica call increment
echo "VALUE $(openreplica call getvalue)"
openreplica status

openreplica upgrade -o ./better/counter.ts --dry-run
openreplica upgrade -o ./better/counter.ts
openreplica call add 40
echo "CLASSES $(openreplica call getvalue)"
openreplica upgrade
echo "PACKAGE $(openreplica call -b "$third" getvalue)"

openreplica stop --all
openreplica start --all
echo "KEPT $(openreplica call getvalue)"
openreplica stop --all
openreplica status
echo DONE
