module.exports = {
  packagerConfig: {
    asar: { unpack: "{**/*.node,**/*.gguf,**/node_modules/@vaner-native/**}" },
  },
  rebuildConfig: { ignoreModules: ["vaner-native"] },
  makers: [{ name: "@electron-forge/maker-zip" }],
};
