{
  "targets": [
    {
      "target_name": "node_reuseport",
      "sources": ["src/addon.c", "src/args.c", "src/exports.c", "src/value.c", "src/numbers.c", "src/fail.c", "src/address.c", "src/socket.c", "src/stream.c", "src/arena.c", "src/batch.c", "src/crash.c", "src/poller.c", "src/channel.c", "src/memory.c", "src/netlink.c", "src/tun.c", "src/fence.c", "src/fence-exact.c", "src/fence-x86-64.c", "src/fence-aarch64.c", "src/fence-looking.c", "src/fence-class.c", "src/privileges.c", "src/lock.c", "src/bounded.c"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags": ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      # Signal handlers stay when the worker that loaded the addon ends, and so does what the kernel was told of by a fence:
      # their code must stay, too.
      "ldflags": ["-Wl,-z,nodelete"],
      # fence_pause: for a test, turns of waiting where a process that is stopped must not go on. What is shipped has none.
      "variables": { "sanitize%": "", "fence_pause%": 0 },
      "conditions": [
        ["fence_pause>0", { "defines": ["FENCE_PAUSE=<(fence_pause)"] }],
        ["sanitize!=''", {
          "defines": ["ASSERT_DATAGRAMS"],
          "cflags": ["-fsanitize=<(sanitize)", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"],
          "ldflags": ["-fsanitize=<(sanitize)"]
        }]
      ]
    }
  ]
}
