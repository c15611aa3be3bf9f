module.exports = {
  packagerConfig: {
    asar: { unpack: "{**/*.node,**/node_modules/@vaner-native/**,**/*.gguf}" },
  },
  rebuildConfig: { ignoreModules: ["vaner-native"] },
  makers: [{ name: "@electron-forge/maker-zip" }],
};
