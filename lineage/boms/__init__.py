"""What is known of models in the forms of supply chains and archives: CycloneDX, SPDX and PROV (extra `reports`)."""
