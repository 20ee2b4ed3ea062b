"""Where the faces are in the group photos, as several detectors proposed and eyes decided."""
