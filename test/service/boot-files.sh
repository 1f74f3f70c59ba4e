# Sourced by build-image: what a kernel in the emulator is started with.

# unpacked_kernel FILE TO: the kernel as it is inside Debian's file: it starts without unpacking itself, which takes seconds in an emulator.
unpacked_kernel() {
  local packed="$1" to="$2" kind at
  for kind in $'\xfd7zXZ|xz -dc' $'\x28\xb5\x2f\xfd|zstd -dcq'; do
    for at in $(LC_ALL=C grep -aboF "${kind%%|*}" "$packed" | cut -d: -f1); do
      # What stands after the kernel is none of the unpacker's business, and it says so.
      tail -c "+$((at + 1))" "$packed" | ${kind##*|} >"$to" 2>/dev/null || true
      if [[ "$(head -c4 "$to" | tail -c3)" == ELF ]]; then return; fi
    done
  done
  echo "vm: no kernel found in Debian's package" >&2
  exit 1
}

# first_stage TREE VERSION FIRST_PROCESS: prints an initial file system that loads what is needed to reach the disk, and goes there.
first_stage() {
  local tree="$1" version="$2" first="$3" stage module file names=()
  stage="$(mktemp -d)"
  mkdir -p "$stage"/{bin,dev,proc,sys,root,modules}
  cp "$(command -v busybox)" "$stage/bin/busybox"
  for module in virtio_pci virtio_blk virtio_rng crc32c_generic ext4 9pnet_virtio 9p; do
    while read -r file; do
      [[ -e "$stage/modules/$(basename "$file")" ]] && continue
      cp "$file" "$stage/modules/"
      names+=("$(basename "$file")")
    done < <(modprobe -d "$tree" -S "$version" --show-depends "$module" | awk '$1 == "insmod" { print $2 }')
  done
  {
    echo '#!/bin/busybox sh'
    echo 'b=/bin/busybox; $b mount -t devtmpfs d /dev; $b mount -t proc p /proc; $b mount -t sysfs s /sys'
    for file in "${names[@]}"; do echo "\$b insmod /modules/$file"; done
    echo 'until [ -b /dev/vda ]; do $b sleep 0.05; done'
    echo '$b mount -t ext4 -o noatime /dev/vda /root'
    echo '$b umount /proc; $b umount /sys; $b mount -o move /dev /root/dev'
    echo "exec \$b switch_root /root $first"
  } >"$stage/init"
  chmod +x "$stage/init"
  (cd "$stage" && find . | cpio --quiet -o -H newc | gzip -1)
  rm -rf "$stage"
}
