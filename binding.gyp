# Lets tools that expect node-gyp (@electron/rebuild, for one) run the CMake build.
{
  "targets": [
    {
      "target_name": "vaner_native",
      "type": "none",
      "actions": [
        {
          "action_name": "build with CMake",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["build/Release/vaner_native.node"],
          "action": ["node", "scripts/build-native.mjs"]
        }
      ]
    }
  ]
}
