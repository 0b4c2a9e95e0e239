"""What the suite stands on: an emulator of AWS, the template in it, a memory store, and ElevenLabs."""
