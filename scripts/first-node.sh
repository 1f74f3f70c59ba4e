# Sourced by setup: brings the project's own Node and npm, so that what is installed does not depend on the machine's, if it has any.
# Node's version and checksum are the lock file's, npm's are package.json's ("packageManager"). Both come from the registry that
# npm is told to use on this machine, and are kept in .cache/first.

first_node() {
  local entry version sum
  entry="$(grep -A 3 "\"node_modules/$node_package\": {" package-lock.json)"
  [[ "$entry" =~ \"version\":\ \"([^\"]+)\" ]] && version="${BASH_REMATCH[1]}"
  [[ "$entry" =~ \"integrity\":\ \"sha512-([^\"]+)\" ]] && sum="${BASH_REMATCH[1]}"
  first_package "$node_package" "$version" "$(base64 -d <<<"$sum" | od -An -v -tx1 | tr -d ' \n')"
  [[ "$(<package.json)" =~ \"packageManager\":\ \"npm@([^+]+)\+sha512\.([0-9a-f]+)\" ]]
  first_package npm "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
}

first_npm() {
  # npm would look for the machine's settings beside the Node that runs it.
  PATH="$root/.cache/first/$node_package/bin:$PATH" npm_config_globalconfig="${npm_config_globalconfig:-/etc/npmrc}" \
    node "$root/.cache/first/npm/bin/npm-cli.js" "$@"
}

# The package in .cache/first/NAME, whole or not at all.
first_package() {
  local name="$1" version="$2" sha512="$3" folder=".cache/first/$1"
  if [[ "$(cat "$folder/fetched" 2>/dev/null)" == "$sha512" ]]; then return; fi
  say "$name $version: fetching"
  rm -rf "$folder" "$folder.part"
  mkdir -p "$folder.part"
  download "$name/-/$name-$version.tgz" "$folder.part/package.tgz"
  echo "$sha512  $folder.part/package.tgz" | sha512sum --check --status ||
    fail "what the registry gave for $name $version is not what is pinned (sha512 differs); nothing was installed"
  tar -xzf "$folder.part/package.tgz" -C "$folder.part" --strip-components=1 --no-same-owner
  rm "$folder.part/package.tgz"
  echo "$sha512" >"$folder.part/fetched"
  mv "$folder.part" "$folder"
}

download() {
  local registry from
  registry="$(npm_setting registry)"
  registry="${registry:-https://registry.npmjs.org}"
  from="${registry%/}/$1"
  # By its input, because a process list shows arguments to everybody.
  curl_settings "${registry%/}" | curl --config - --fail --silent --show-error --location --retry 3 --output "$2" "$from" 2>.cache/curl.log ||
    fail "$from could not be fetched: $(tail -n 1 .cache/curl.log)"
}

curl_settings() {
  local authority token
  authority="$(npm_setting cafile)"
  token="$(npm_setting "${1#http*:}/:_authToken")"
  # npm lets a token stand in a variable: ${NPM_TOKEN}.
  if [[ "$token" =~ ^\$\{([A-Za-z_]+)\}$ ]]; then token="${!BASH_REMATCH[1]:-}"; fi
  if [[ -n "$authority" ]]; then echo "cacert = \"$authority\""; fi
  if [[ -n "$token" ]]; then echo "header = \"Authorization: Bearer $token\""; fi
}

# What npm is told on this machine: by the environment, else by the user's file, else by the machine's.
npm_setting() {
  local name="npm_config_$1" key
  if [[ "$1" != *[!a-z]* && -n "${!name:-}" ]]; then echo "${!name}"; return; fi
  key="$(sed 's/[][\.*^$/]/\\&/g' <<<"$1")"
  { cat "${npm_config_userconfig:-$HOME/.npmrc}" /etc/npmrc 2>/dev/null || true; } |
    sed -n "/^ *$key *=/{s/^ *$key *= *\"\{0,1\}\([^\" ]*\).*/\1/p;q}"
}
