// Read by Hardhat alone. The mnemonic is its own default, the same as anvil's (dev/accounts.py).
module.exports = {
  solidity: "0.8.28", // never compiled with: Hardhat refuses a configuration without it
  networks: {
    hardhat: {
      chainId: Number(process.env.ASSIZE_CHAIN_ID),
      accounts: { count: Number(process.env.ASSIZE_ACCOUNTS) },
    },
  },
};
