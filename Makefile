# One file each that runs alone with Node: node concoord-server.mjs replica -o ./counter.ts, node concoord-client.mjs call
server client: dist/node/main.js
	node bin/concoord.js bundle $@
dist/node/main.js:
	npm run build
.PHONY: server client
