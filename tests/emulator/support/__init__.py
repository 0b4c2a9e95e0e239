"""Support for the suites: an emulator of AWS, the deployed template, a memory store, and a stand-in
for ElevenLabs."""
