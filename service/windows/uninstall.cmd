@echo off
rem Takes the service back. Settings, keys and the journal stay in ProgramData\Tillbridge.
net session >nul 2>&1
if errorlevel 1 (
  echo Run this as administrator: right click on uninstall.cmd, then "Run as administrator".
  exit /b 1
)
"%~dp0node.exe" "%~dp0dist\main.mjs" service uninstall %*
if errorlevel 1 exit /b 1
rem Node cannot remove itself while it runs, and this file is gone once it has removed its folder.
cd /d "%TEMP%"
(goto) 2>nul & rmdir /s /q "%~dp0."
