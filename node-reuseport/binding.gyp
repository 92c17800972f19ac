{
  "targets": [
    {
      "target_name": "node_reuseport",
      "sources": ["src/addon.c", "src/args.c", "src/exports.c", "src/value.c", "src/numbers.c", "src/fail.c", "src/address.c", "src/socket.c", "src/stream.c", "src/arena.c", "src/batch.c", "src/crash.c", "src/poller.c", "src/channel.c", "src/memory.c", "src/netlink.c", "src/tun.c", "src/fence.c"],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE", "FENCE_PAUSE=<(fence_pause)"],
      "cflags": ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      # Signal handlers stay when the worker that loaded the addon ends, and so must their code.
      "ldflags": ["-Wl,-z,nodelete"],
      # fence_pause: instructions of waiting where a process that is stopped must not go on, for a test.
      "variables": { "sanitize%": "", "fence_pause%": 0 },
      "conditions": [
        ["sanitize!=''", {
          "cflags": ["-fsanitize=<(sanitize)", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g"],
          "ldflags": ["-fsanitize=<(sanitize)"]
        }]
      ]
    }
  ]
}
