@echo off
rem Takes the service back. Settings, keys and the journal stay in ProgramData\Tillbridge.
rem /pause, from "Installed apps": the window stays open until somebody has read why it was refused.
net session >nul 2>&1
if errorlevel 1 (
  echo Run this as administrator: right click on uninstall.cmd, then "Run as administrator".
  if "%~1"=="/pause" pause
  exit /b 1
)
set "words=%*"
if "%~1"=="/pause" set "words="
"%~dp0node.exe" "%~dp0dist\main.mjs" service uninstall %words%
if errorlevel 1 (
  if "%~1"=="/pause" pause
  exit /b 1
)
rem Node cannot remove itself while it runs, and this file is gone once it has removed its folder.
cd /d "%TEMP%"
(goto) 2>nul & rmdir /s /q "%~dp0."
